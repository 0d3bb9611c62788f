import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { generatedPages } from './pages';

// `npm run docs:gen`, in the project's top folder.
for (const [file, text] of generatedPages()) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
