import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, hasProgram, startPinned, type PinnedProgram } from './pinned';

const START_MS = 20_000;

/** nginx as a plain reverse proxy before that port, in a folder of its own; undefined: it is not installed. */
export async function startNginx(core: number, backendPort: number): Promise<PinnedProgram | undefined> {
  if (!hasProgram('nginx')) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'blosm-nginx-'));
  const port = await freePort();
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, configuration(folder, port, backendPort));
  const started = await startPinned(core, ['nginx', '-e', join(folder, 'error.log'), '-c', file, '-p', folder], {
    port,
  });
  await untilListening(port);
  const stop = async (): Promise<void> => {
    await started.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { ...started, stop };
}

/** One process, as the agent is one; kept connections to the service, as the agent keeps them; no log of requests. */
const configuration = (folder: string, port: number, backendPort: number): string => `
daemon off;
master_process off;
pid ${folder}/pid;
events { worker_connections 1024; }
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  keepalive_requests 1000000;
  upstream service { server 127.0.0.1:${backendPort}; keepalive 64; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://service;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $remote_addr;
    }
  }
}
`;

async function untilListening(port: number): Promise<void> {
  const deadlineMs = Date.now() + START_MS;
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const isUp = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isUp) return;
    if (Date.now() > deadlineMs) throw new Error('nginx has not come up');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
