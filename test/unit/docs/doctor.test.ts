import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKS } from '../../../agent/app/doctor';
import { packageRoot } from '../../../network/package-root';

const page = readFileSync(join(packageRoot(), 'agent/docs/doctor.md'), 'utf8');

test('every check has its heading in the manual, in the same order, and every heading is a check', () => {
  const headings = [...page.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
  expect(headings).toEqual(CHECKS.map(({ name }) => name));
});

test('the manual links to headings that are there', () => {
  const anchors = [...page.matchAll(/\(#([a-z-]+)\)/g)].map(([, anchor]) => anchor);
  expect(anchors.length).toBeGreaterThan(3);
  for (const anchor of anchors) expect(CHECKS.map(({ name }) => name)).toContain(anchor);
});
