import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingPrerequisites } from '../../../network/sandbox/prerequisites';

describe('what a machine lacks for a sandbox', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'blosm-path-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is named all at once, with the packages to install', () => {
    const missing = missingPrerequisites(folder, 1000).join('\n');
    expect(missing).toContain('root');
    expect(missing).toContain('ip (Debian package iproute2)');
    expect(missing).toContain('docker-registry (Debian package docker-registry)');
  });

  it('does not count a file that cannot be run', () => {
    writeFileSync(join(folder, 'ip'), '');
    expect(missingPrerequisites(folder, 0).join()).toContain('program ip ');
    chmodSync(join(folder, 'ip'), 0o755);
    expect(missingPrerequisites(`/nowhere:${folder}`, 0).join()).not.toContain('program ip ');
  });
});
