#!/usr/bin/env node
// Runs each DIR/NAME.onnx on DIR/NAME.input through ONNX Runtime and leaves DIR/NAME.onnxruntime: all of it float32, in memory's order.
// Exit status 77: ONNX Runtime (npm's onnxruntime-node, found through NODE_PATH) is not there.
const fs = require('fs');
const path = require('path');

let ort;
try {
  ort = require('onnxruntime-node');
} catch (error) {
  process.exit(77);
}

function floats(file) {
  const bytes = fs.readFileSync(file);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

async function main(dir) {
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 };
  for (const file of fs.readdirSync(dir).filter((f) => f.endsWith('.onnx'))) {
    const base = path.join(dir, path.basename(file, '.onnx'));
    const [width, height] = base.match(/(\d+)x(\d+)$/).slice(1).map(Number);
    const session = await ort.InferenceSession.create(base + '.onnx', options);
    const input = new ort.Tensor('float32', floats(base + '.input'), [1, 3, height, width]);
    const output = (await session.run({ [session.inputNames[0]]: input }))[session.outputNames[0]];
    fs.writeFileSync(base + '.onnxruntime', Buffer.from(output.data.buffer, output.data.byteOffset, output.data.byteLength));
  }
}

main(process.argv[2]);
