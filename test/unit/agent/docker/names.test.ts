import { ociPlatform, runsOn } from '../../../../agent/adapters/docker/platform';
import { parseReference } from '../../../../agent/adapters/docker/reference';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('image references', () => {
  it.each([
    ['r:5000/blosm/a:1', 'r:5000/blosm/a', 'blosm/a', '1', ''],
    [`r:5000/blosm/a@${DIGEST}`, 'r:5000/blosm/a', 'blosm/a', '', DIGEST],
    [`r:5000/a:1@${DIGEST}`, 'r:5000/a', 'a', '1', DIGEST],
    ['r:5000/a', 'r:5000/a', 'a', '', ''],
    ['localhost/a:x', 'localhost/a', 'a', 'x', ''],
    ['registry.example/a', 'registry.example/a', 'a', '', ''],
    ['blosm/a:1', 'blosm/a', 'blosm/a', '1', ''],
    ['a', 'a', 'a', '', ''],
  ])('takes %s apart', (reference, repository, path, tag, digest) => {
    expect(parseReference(reference)).toEqual({ repository, path, tag, digest });
  });

  it.each(['', 'a b', 'a@sha256:12', `@${DIGEST}`])('refuses "%s"', (reference) => {
    expect(() => parseReference(reference)).toThrow('BLOSM_E_INVALID_ARGUMENT');
  });
});

describe('platforms', () => {
  it.each([
    ['linux', 'x86_64', undefined, 'linux/amd64/'],
    ['linux', 'aarch64', undefined, 'linux/arm64/v8'],
    ['linux', 'arm64', '', 'linux/arm64/v8'],
    ['linux', 'arm64', 'v9', 'linux/arm64/v9'],
    ['linux', 'armv7l', undefined, 'linux/arm/v7'],
    ['linux', 'riscv64', undefined, 'linux/riscv64/'],
    ['Linux', 'amd64', undefined, 'linux/amd64/'],
  ])('names %s %s %s', (os, architecture, variant, expected) => {
    const platform = ociPlatform(os, architecture, variant);
    expect(`${platform.os}/${platform.architecture}/${platform.variant}`).toBe(expected);
  });

  it('runs an image on its own architecture only', () => {
    const engine = ociPlatform('linux', 'x86_64');
    expect(runsOn(ociPlatform('linux', 'amd64'), engine)).toBe(true);
    expect(runsOn(ociPlatform('linux', 'arm64'), engine)).toBe(false);
    expect(runsOn(ociPlatform('windows', 'amd64'), engine)).toBe(false);
  });
});
