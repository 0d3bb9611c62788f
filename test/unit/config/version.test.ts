import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PEER_PATHS } from '../../../agent/adapters/peers/paths';
import { ROUTES } from '../../../agent/adapters/control/routes';
import { PROTOCOLS, readCommit, readVersion } from '../../../agent/config/version';
import { packageRoot } from '../../../network/package-root';

test('the version is that of the package', () => {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string };
  expect(readVersion()).toBe(version);
});

describe('the commit', () => {
  let folder: string;
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example', ...args], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  const commitOf = (place = folder) => readCommit({ folder: place, version: '1.0.0', commit: undefined });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'blosm-version-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('is what is checked out: a branch, a packed one, no branch, a work tree', () => {
    git('init', '-q');
    git('commit', '-q', '--allow-empty', '-m', 'first');
    const first = git('rev-parse', 'HEAD');
    expect(commitOf()).toBe(first);
    git('pack-refs', '--all');
    expect(commitOf()).toBe(first);
    git('worktree', 'add', '-q', '-b', 'other', 'tree');
    expect(commitOf(join(folder, 'tree'))).toBe(first);
    git('checkout', '-q', '--detach');
    expect(commitOf()).toBe(first);
  });

  test('is unknown where nothing is checked out, and that of the package where it says so', () => {
    expect(commitOf()).toBeNull();
    expect(readCommit({ folder, version: '1.0.0', commit: 'f'.repeat(40) })).toBe('f'.repeat(40));
  });
});

test('the versions of the protocols are those of the paths', () => {
  const newest = PROTOCOLS.peers.split('-').at(-1) ?? '';
  for (const path of Object.values(PEER_PATHS)) expect(path).toMatch(new RegExp(`^/peer/v${newest}/`));
  const control = ROUTES.map(({ path }) => path).filter((path) => path.startsWith('/v'));
  expect(control.length).toBeGreaterThan(10);
  for (const path of control) expect(path).toMatch(new RegExp(`^/${PROTOCOLS.control}/`));
});
