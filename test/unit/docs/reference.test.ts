import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { generatedPages } from '../../../agent/docs/pages';
import { ERRORS } from '../../../chaincode/src/model';

const root = resolve(__dirname, '../../..');

test.each([...generatedPages()])('%s is what npm run docs:gen makes', (file, text) => {
  expect(existsSync(resolve(root, file))).toBe(true);
  expect(readFileSync(resolve(root, file), 'utf8')).toBe(text);
});

test('every error code is documented, and every documented one exists', () => {
  const page = readFileSync(resolve(root, 'agent/docs/reference/errors.md'), 'utf8');
  const documented = [...page.matchAll(/^\| `(BLOSM_E_[A-Z_]+)`/gm)].map(([, code]) => code);
  expect(documented).toEqual(Object.keys(ERRORS));
});
