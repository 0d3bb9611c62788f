import { bytesField, numberField } from './protobuf';

/** Outputs of the network that it stands in for. */
const CLASSES = 1001;
const CHANNELS = 8;
const INPUT = [1, 3, 224, 224] as const;
const FLOAT = 1;

/**
 * A small network of random weights with MobileNetV2's input and output, for trying everything around it: what it
 * answers means nothing. The same bytes each time.
 * Fields are numbered as in onnx.proto of ONNX 1.8 (opset 13).
 */
export function generatedModel(): Buffer {
  const random = uniform(2022);
  const weights = (count: number, scale: number): Float32Array =>
    Float32Array.from({ length: count }, () => (random() * 2 - 1) * scale);
  const graph = [
    node('Conv', ['image', 'kernel'], 'edges', [ints('kernel_shape', [7, 7]), ints('strides', [8, 8])]),
    node('Relu', ['edges'], 'shapes'),
    node('GlobalAveragePool', ['shapes'], 'pooled'),
    node('Flatten', ['pooled'], 'features'),
    node('MatMul', ['features', 'directions'], 'scores'),
    node('Softmax', ['scores'], 'probs'),
    bytesField(2, 'generated'),
    tensor('kernel', [CHANNELS, 3, 7, 7], weights(CHANNELS * 3 * 49, 0.5)),
    tensor('directions', [CHANNELS, CLASSES], weights(CHANNELS * CLASSES, 4)),
    bytesField(11, shapeOf('image', INPUT)),
    bytesField(12, shapeOf('probs', [1, CLASSES])),
  ];
  const irVersion = 7;
  const opset = [numberField(2, 13)];
  return Buffer.concat([numberField(1, irVersion), bytesField(2, 'blosm'), bytesField(7, graph), bytesField(8, opset)]);
}

/** Labels for {@link generatedModel}. */
export function generatedLabels(): string {
  return Array.from({ length: CLASSES }, (_, index) => `generated object ${index}\n`).join('');
}

function node(type: string, inputs: readonly string[], output: string, attributes: readonly Buffer[] = []): Buffer {
  const named = inputs.map((input) => bytesField(1, input));
  return bytesField(1, [
    ...named,
    bytesField(2, output),
    bytesField(3, output),
    bytesField(4, type),
    ...attributes.map((attribute) => bytesField(5, [attribute])),
  ]);
}

/** An AttributeProto of type INTS. */
function ints(name: string, values: readonly number[]): Buffer {
  return Buffer.concat([bytesField(1, name), ...values.map((value) => numberField(8, value)), numberField(20, 7)]);
}

function tensor(name: string, shape: readonly number[], values: Float32Array): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeFloatLE(value, index * 4));
  const dimensions = shape.map((size) => numberField(1, size));
  return bytesField(5, [...dimensions, numberField(2, FLOAT), bytesField(8, name), bytesField(9, bytes)]);
}

/** A ValueInfoProto of a float tensor. */
function shapeOf(name: string, shape: readonly number[]): readonly Buffer[] {
  const dimensions = shape.map((size) => bytesField(1, [numberField(1, size)]));
  const tensorType = [numberField(1, FLOAT), bytesField(2, dimensions)];
  return [bytesField(1, name), bytesField(2, [bytesField(1, tensorType)])];
}

/** Numbers from 0 to 1 that look random, the same for the same seed (Park and Miller's generator). */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
