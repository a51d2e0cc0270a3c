#!/usr/bin/env node
// ONNX Runtime in turns (see turns.py): onnxruntime.js THREADS FILE.onnx. npm's onnxruntime-node, found through NODE_PATH.
const readline = require('readline');

let ort;
try {
  ort = require('onnxruntime-node');
} catch (error) {
  process.exit(77);
}

async function main(threads, file) {
  const options = {
    intraOpNumThreads: Number(threads), interOpNumThreads: 1, graphOptimizationLevel: 'all', logSeverityLevel: 3,
    extra: { session: { set_denormal_as_zero: '1' } },
  };
  const session = await ort.InferenceSession.create(file, options);
  const shape = session.inputMetadata[0].shape;
  const data = new Float32Array(shape.reduce((a, b) => a * b)).map(() => Math.random() * 2 - 1);
  const feed = { [session.inputNames[0]]: new ort.Tensor('float32', data, shape) };
  const run = async () => {
    const start = process.hrtime.bigint();
    const used = process.cpuUsage();
    await session.run(feed);
    const cpu = process.cpuUsage(used);
    return `${Number(process.hrtime.bigint() - start) / 1e6}/${(cpu.user + cpu.system) / 1e3}`;
  };
  await run();
  console.log('ready');
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const times = [];
    for (let i = 0; i < Number(line); i++) times.push(await run());
    console.log(times.join(' '));
  }
}

main(...process.argv.slice(2));
