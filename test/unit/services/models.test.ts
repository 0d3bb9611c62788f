import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generatedLabels, generatedModel } from '../../../network/services/models/generated-model';
import { locateModel, modelFolders } from '../../../network/services/models/locate';
import { bytesField, numberField } from '../../../network/services/models/protobuf';

describe('writing protocol buffers', () => {
  // The examples of protobuf.dev/programming-guides/encoding.
  it('writes a number', () => expect(numberField(1, 150).toString('hex')).toBe('089601'));
  it('writes text', () => expect(bytesField(2, 'testing').toString('hex')).toBe('120774657374696e67'));
  it('writes a message', () => expect(bytesField(3, [numberField(1, 150)]).toString('hex')).toBe('1a03089601'));
});

describe('the generated model', () => {
  it('is the same each time', () => expect(generatedModel().equals(generatedModel())).toBe(true));
  it('has a label for each of the 1001 outputs', () =>
    expect(generatedLabels().trimEnd().split('\n')).toHaveLength(1001));
});

describe('looking for a model', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'blosm-models-'));
    for (const name of ['empty', 'half', 'whole']) mkdirSync(join(root, name));
    writeFileSync(join(root, 'half', 'net.onnx'), '');
    writeFileSync(join(root, 'whole', 'net.onnx'), '');
    writeFileSync(join(root, 'whole', 'imagenet_labels.txt'), '');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('takes the first folder that has a network and its labels', () => {
    const folders = ['absent', 'empty', 'half', 'whole'].map((name) => join(root, name));
    expect(locateModel(folders)).toEqual({
      name: 'net',
      model: join(root, 'whole', 'net.onnx'),
      labels: join(root, 'whole', 'imagenet_labels.txt'),
    });
    expect(locateModel(folders.slice(0, 3))).toBeUndefined();
  });

  it('looks first where BLOSM_MODELS says', () => {
    expect(modelFolders({ BLOSM_MODELS: '/mine' })[0]).toBe('/mine');
    expect(modelFolders({})[0]).not.toBe('/mine');
  });
});
