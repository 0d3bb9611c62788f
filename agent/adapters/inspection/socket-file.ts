import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import type { SocketLook } from '../../domain/doctor/engine';

const OPEN_TO_ALL = 0o006;

/** The rights on a unix socket. Null: it is not there, or in a folder into which this user may not look. */
export async function inspectSocket(path: string): Promise<SocketLook> {
  const found = await stat(path).catch(() => null);
  if (found === null) return null;
  return {
    canUse: await access(path, constants.R_OK | constants.W_OK).then(
      () => true,
      () => false,
    ),
    group: await groupName(found.gid),
    isOpenToAll: (found.mode & OPEN_TO_ALL) === OPEN_TO_ALL,
  };
}

/** As in /etc/group; the number where the group is not listed there. */
async function groupName(gid: number): Promise<string> {
  const groups = await readFile('/etc/group', 'utf8').catch(() => '');
  const line = groups.split('\n').find((each) => each.split(':')[2] === String(gid));
  return line?.split(':')[0] ?? String(gid);
}
