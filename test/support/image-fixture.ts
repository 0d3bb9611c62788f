import { readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type Docker from 'dockerode';
import { pack, type Pack } from 'tar-stream';

const COMMANDS = ['sh', 'httpd', 'sleep', 'cat', 'dd'];

/**
 * Imports a tiny image as one layer: a static busybox that serves `/www` over HTTP on port 8080.
 * @param files more files: path and content
 */
export async function importImage(
  docker: Docker,
  reference: string,
  files: Readonly<Record<string, string | Buffer>> = {},
): Promise<void> {
  const archive = pack();
  archive.entry({ name: 'bin/busybox', mode: 0o755 }, readFileSync('/bin/busybox'));
  for (const name of COMMANDS) archive.entry({ name: `bin/${name}`, type: 'symlink', linkname: 'busybox' });
  archive.entry({ name: 'tmp/', type: 'directory', mode: 0o777 });
  for (const [name, content] of Object.entries({ 'www/index.html': 'ok\n', ...files }))
    archive.entry({ name }, content);
  archive.finalize();
  const changes = [
    'CMD ["/bin/busybox","httpd","-f","-p","8080","-h","/www"]',
    'ENV PATH=/bin',
    'ENV GREETING=hello',
    'LABEL maker=nobody',
  ];
  await importArchive(docker, reference, archive, changes);
}

/**
 * Imports a tar archive as an image of one layer.
 * @param changes lines of a Dockerfile about its configuration
 */
export async function importArchive(
  docker: Docker,
  reference: string,
  archive: Pack,
  changes: readonly string[],
): Promise<void> {
  const [repo, tag] = splitTag(reference);
  // Left to the SDK, `changes` would be one parameter.
  const query = new URLSearchParams({ fromSrc: '-', repo, tag });
  for (const change of changes) query.append('changes', change);
  const stream = await new Promise<Readable>((resolve, reject) => {
    const request = {
      path: `/images/create?${query.toString()}&`,
      method: 'POST',
      file: archive as unknown as NodeJS.ReadableStream,
      isStream: true,
      statusCodes: { 200: true },
      options: { _query: { from: 'test' } },
    };
    docker.modem.dial(request, (error, answer) => (error === null ? resolve(answer as Readable) : reject(error)));
  });
  const said = await text(stream);
  if (said.includes('"error"')) throw new Error(said);
}

function splitTag(reference: string): [string, string] {
  const at = reference.lastIndexOf(':');
  return [reference.slice(0, at), reference.slice(at + 1)];
}
