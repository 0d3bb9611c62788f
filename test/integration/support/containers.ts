import { callEngine, imageReference, inNamespace, type ClusterPlan, type SandboxPlan } from '../../../network/sandbox';
import { runCommand, waitUntil } from '../../../network/processes';
import type { ServiceImage } from '../../../chaincode/src/model';

/** Run inside the namespace: calls argv[1], fails unless the answer is 200. */
const CALL = `
  const [, url, text] = process.argv;
  const post = JSON.parse(text);
  const body = post && (post.file ? require('node:fs').readFileSync(post.file) : Buffer.from(post.base64, 'base64'));
  fetch(url, post ? { method: 'POST', body } : {}).then(async (answer) => {
    const said = await answer.text();
    process.stdout.write(said);
    process.exit(answer.ok ? 0 : 1);
  }, () => process.exit(2));
`;

/** A body: a file's, or some bytes. */
type Posted = { readonly file: string } | { readonly base64: string };

/** Text as a body. */
export const text = (content: string): Posted => ({ base64: Buffer.from(content).toString('base64') });

/** A running container of a service on a cluster's engine. */
export interface Started {
  readonly id: string;
  readonly pid: number;
  /** Calls the service from within the cluster's namespace, as its agent does. */
  readonly call: (path: string, post?: Posted) => Promise<unknown>;
}

export async function startService(plan: SandboxPlan, cluster: ClusterPlan, image: ServiceImage): Promise<Started> {
  const { socket } = cluster.engine;
  const create = { method: 'POST', json: { Image: imageReference(plan, image) } };
  const { Id: id } = JSON.parse(await callEngine(socket, '/containers/create', create)) as { Id: string };
  return start(cluster, id);
}

/** Starts a container that exists and waits until it is healthy. */
export async function start(cluster: ClusterPlan, id: string): Promise<Started> {
  const { socket } = cluster.engine;
  await callEngine(socket, `/containers/${id}/start`, { method: 'POST' });
  const facts = JSON.parse(await callEngine(socket, `/containers/${id}/json`)) as {
    State: { Pid: number };
    NetworkSettings: { IPAddress: string };
  };
  const call: Started['call'] = async (path, post) => {
    const url = `http://${facts.NetworkSettings.IPAddress}:8080${path}`;
    const command = [process.execPath, '-e', CALL, url, JSON.stringify(post ?? null)];
    const { stdout } = await runCommand(command, { commandPrefix: inNamespace(cluster.namespace), timeoutMs: 20_000 });
    return JSON.parse(stdout) as unknown;
  };
  await waitUntil(
    () =>
      call('/healthz')
        .then(() => true)
        .catch(() => false),
    { deadlineMs: 30_000, what: 'healthy' },
  );
  return { id, pid: facts.State.Pid, call };
}
