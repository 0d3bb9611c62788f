import { existsSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { waitUntil } from '../../processes';
import { mountsOf } from './mounts';
import { send } from './kill';

const DEADLINE_MS = 10_000;

/** The folders of a cgroup: one for each hierarchy (cgroup v1), or the one of cgroup v2. */
export function cgroupFolders(name: string): readonly string[] {
  return mountsOf((mount) => mount.type === 'cgroup' || mount.type === 'cgroup2')
    .map((mount) => `${mount.path}/${name}`)
    .filter((path) => existsSync(path));
}

/** The processes of a cgroup and of those below it. */
export function membersOf(name: string): readonly number[] {
  const pids = cgroupFolders(name)
    .flatMap((folder) => treeOf(folder))
    .flatMap((folder) => readPids(`${folder}/cgroup.procs`));
  return [...new Set(pids)];
}

/** Kills every process of a cgroup, frozen ones too, and removes its folders. */
export async function removeCgroup(name: string, signal?: AbortSignal): Promise<void> {
  const what = `the cgroup ${name} to be empty`;
  await waitUntil(
    () => {
      thaw(name); // a frozen process (a paused container) dies only once it runs again
      for (const pid of membersOf(name)) send(pid, 'SIGKILL');
      return cgroupFolders(name).every((folder) => removeTree(folder));
    },
    { deadlineMs: DEADLINE_MS, what, signal },
  );
}

function thaw(name: string): void {
  for (const folder of cgroupFolders(name).flatMap((top) => treeOf(top))) {
    tryWrite(`${folder}/freezer.state`, 'THAWED');
    tryWrite(`${folder}/cgroup.freeze`, '0');
  }
}

function tryWrite(path: string, text: string): void {
  if (!existsSync(path)) return;
  try {
    writeFileSync(path, text);
  } catch {
    // gone meanwhile, or the root of a hierarchy, which cannot be frozen
  }
}

/** A folder and all below it, the deepest first. */
function treeOf(folder: string): readonly string[] {
  try {
    const below = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [...below.flatMap((entry) => treeOf(`${folder}/${entry.name}`)), folder];
  } catch {
    return [];
  }
}

/** Only rmdir works on a cgroup's folders; false while the kernel still counts a member. */
function removeTree(folder: string): boolean {
  try {
    for (const path of treeOf(folder)) rmdirSync(path);
    return true;
  } catch {
    return !existsSync(folder);
  }
}

function readPids(path: string): readonly number[] {
  try {
    return readFileSync(path, 'utf8').split('\n').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
