#!/usr/bin/python3
"""Makes ONNX Runtime's int8 form of a float32 file: qdq.py FLOAT.onnx INT8.onnx. Debian's python3-onnx.

As onnxruntime.quantization (Python alone, which Debian doesn't have) writes it: QuantizeLinear and DequantizeLinear around every
convolution, weights int8 for each output channel, activations uint8. The scales are right for weights; those of activations are one
guess for all: of no use to a viewer, but the runtime does the same work."""
import sys

import turns

try:
    import numpy as np
    import onnx
    from onnx import helper, numpy_helper
except ImportError:
    sys.exit(turns.NOT_THERE)

ACTIVATION_SCALE = 6 / 255


class Quantiser:
    def __init__(self, model):
        self.graph = model.graph
        self.constants = {t.name: t for t in self.graph.initializer}
        self.nodes, self.quantised = [], set()
        self.clipped = {name for node in self.graph.node if node.op_type == 'Clip' for name in node.output}
        self.add('activation.scale', np.float32(ACTIVATION_SCALE))
        self.add('activation.zero', np.uint8(128))
        self.add('clipped.zero', np.uint8(0))  # 0 .. 6: the clip then is done by the rounding

    def add(self, name, value):
        self.graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))

    def activation(self, name):
        """The value once through uint8 and back; for each reader its own way back, as the runtime's fusions want it."""
        how = ['activation.scale', 'clipped.zero' if name in self.clipped else 'activation.zero']
        if name not in self.quantised:
            self.quantised.add(name)
            self.nodes.append(helper.make_node('QuantizeLinear', [name, *how], [name + '.u8']))
        back = f'{name}.back{len(self.nodes)}'
        self.nodes.append(helper.make_node('DequantizeLinear', [name + '.u8', *how], [back]))
        return back

    def weight(self, name, axis):
        w = numpy_helper.to_array(self.constants[name])
        scale = np.maximum(np.abs(w).max(axis=tuple(i for i in range(4) if i != axis)), 1e-8).astype(np.float32) / 127
        shape = [-1 if i == axis else 1 for i in range(4)]
        self.add(name + '.scale', scale)
        self.add(name + '.zero', np.zeros(len(scale), np.int8))
        self.add(name + '.i8', np.round(w / scale.reshape(shape)).astype(np.int8))
        return self.back(name, '.i8', axis), scale

    def back(self, name, kind, axis):
        stored = [name + part for part in (kind, '.scale', '.zero')]
        self.nodes.append(helper.make_node('DequantizeLinear', stored, [name + '.f32'], axis=axis))
        return name + '.f32'

    def bias(self, name, scale):
        """int32, in units of what the accumulator holds."""
        unit = (scale * np.float32(ACTIVATION_SCALE)).astype(np.float32)
        self.add(name + '.scale', unit)
        self.add(name + '.zero', np.zeros(len(unit), np.int32))
        counted = np.round(numpy_helper.to_array(self.constants[name]).astype(np.float64) / unit)
        self.add(name + '.i32', np.clip(counted, -2 ** 31, 2 ** 31 - 1).astype(np.int32))
        return self.back(name, '.i32', 0)

    def run(self):
        output = self.graph.output[0].name
        for node in list(self.graph.node):
            if node.op_type == 'Conv':
                data = self.activation(node.input[0])
                weight, scale = self.weight(node.input[1], 0)
                node.input[:] = [data, weight, self.bias(node.input[2], scale)]
            elif node.op_type in ('Add', 'Mul', 'Concat', 'Pad', 'Resize', 'GlobalAveragePool', 'HardSigmoid'):
                reads = len(node.input) if node.op_type in ('Add', 'Mul', 'Concat') else 1
                node.input[:] = [self.activation(name) for name in node.input[:reads]] + list(node.input[reads:])
            self.nodes.append(node)
        del self.graph.node[:]
        self.graph.node.extend(self.nodes)
        assert any(output in node.output for node in self.nodes)


model = onnx.load(sys.argv[1])
model.opset_import[0].version = 13  # per-channel scales; what else is in the file means the same there
model.ir_version = 7
Quantiser(model).run()
used = {name for node in model.graph.node for name in node.input}
kept = [t for t in model.graph.initializer if t.name in used]
del model.graph.initializer[:]
model.graph.initializer.extend(kept)
onnx.checker.check_model(model)
onnx.save(model, sys.argv[2])
