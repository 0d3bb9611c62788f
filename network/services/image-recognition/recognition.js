'use strict';

const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const ort = require('onnxruntime-node');
const { INPUT_SIDE } = require('./pixels');

/**
 * Loads the network of a folder: `model.onnx`, `labels.txt` (a line for each output) and, where it was made by the
 * project, `model.json` that says so.
 * @param {string} folder
 */
async function loadNetwork(folder) {
  const labels = readFileSync(join(folder, 'labels.txt'), 'utf8').trimEnd().split('\n');
  const facts = readFacts(join(folder, 'model.json'));
  const session = await ort.InferenceSession.create(join(folder, 'model.onnx'), {
    intraOpNumThreads: Number(process.env.INTRA_OP_THREADS ?? 1),
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const [input] = session.inputNames;
  const [output] = session.outputNames;
  /**
   * The paper's Table 1: the object's id (the output's number), its name, its probability.
   * @param {Float32Array} planes 3 x 224 x 224
   */
  const recognize = async (planes) => {
    const startedAt = performance.now();
    const tensor = new ort.Tensor('float32', planes, [1, 3, INPUT_SIDE, INPUT_SIDE]);
    const answers = await session.run({ [input]: tensor });
    const executionTimeMs = performance.now() - startedAt;
    const objectId = indexOfLargest(answers[output].data);
    return {
      objectId,
      objectName: labels[objectId] ?? `object ${objectId}`,
      probability: answers[output].data[objectId],
      executionTimeMs: Math.round(executionTimeMs * 1000) / 1000,
      model: facts.name,
      generated: facts.generated,
    };
  };
  return { recognize, facts };
}

function readFacts(path) {
  const { name = 'unknown', generated = false } = JSON.parse(readFileSync(path, 'utf8'));
  return { name, generated };
}

function indexOfLargest(values) {
  let best = 0;
  for (let index = 1; index < values.length; index += 1) if (values[index] > values[best]) best = index;
  return best;
}

module.exports = { loadNetwork };
