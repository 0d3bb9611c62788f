import { readFile } from 'node:fs/promises';
import { startPeerServer } from '../../../agent/adapters/peers';
import type { ImageOrder } from '../../../agent/domain/orders';
import type { Ledger } from '../../../agent/ports/ledger';
import type { PeerHandlers } from '../../../agent/ports/peers';
import { BlosmError } from '../../../chaincode/src/model';
import { clusterFabricFiles } from '../../../network/fabric';
import { waitUntil } from '../../../network/processes';
import { FakeLog } from '../../fakes/log';
import type { TestNetwork } from '../../support/fabric-network';
import {
  instanceCreation,
  nodeProfile,
  preparation,
  serviceRegistration,
  trueEvaluation,
} from '../../support/ledger-samples';

/** The third cluster: it says on the ledger and to other agents what one says that works, until it is lost. */
export interface LostCluster {
  readonly ledger: Ledger;
  /** Takes a migration so far that it owns the instance, and has not completed it. */
  takeOver(migrationId: string): Promise<void>;
  /** Nobody answers any more, and the lease ends in 5 s. */
  lose(): Promise<void>;
}

const CLUSTER = 'edge3';
const NODE_ID = 'Edge3MSP';
/** As the counter's: a cluster of the page has room for four. */
const NEED = { memoryBytes: 67_108_864, cpuMillis: 100, gpuMillis: 0, diskBytes: 67_108_864 };

/** Registered, with an instance of its own, `ins-kept`, that has state. */
export async function startLostCluster(network: TestNetwork): Promise<LostCluster> {
  const { agentCertificate, agentKey } = clusterFabricFiles(network.state, CLUSTER);
  const [certificatePem, privateKeyPem] = await Promise.all([
    readFile(agentCertificate, 'utf8'),
    readFile(agentKey, 'utf8'),
  ]);
  const admin = await network.connect(CLUSTER, 'admin');
  const ledger = await network.connect(CLUSTER);
  const nodes = await ledger.query('NodeContract:List', []);
  const orders = new Map<string, ImageOrder>();
  const server = await startPeerServer({
    nodeId: NODE_ID,
    identity: { certificatePem, privateKeyPem },
    listen: '127.0.0.1:0',
    directory: {
      nodeOfCertificate: (hex) => nodes.find((node) => node.agentCertificateSha256 === `sha256:${hex}`)?.nodeId,
      addressOf: () => undefined,
    },
    handlers: handlersFor(orders),
    forward: {
      maxHeaderBytes: 32 * 1024,
      request: (_request, response) => void response.writeHead(503).end(),
      upgrade: (_request, socket) => void socket.destroy(),
    },
    log: new FakeLog(),
    closeGraceMs: 0,
  });
  const agentUrl = `https://127.0.0.1:${server.address.port}`;
  await admin.submit('NodeContract:Register', [
    { ...nodeProfile(CLUSTER), agentUrl, agentCertificatePem: certificatePem },
  ]);
  await ledger.submit('ServiceContract:Register', [
    serviceRegistration({ serviceId: 'kept', state: 'files', need: NEED }),
  ]);
  await ledger.submit('InstanceContract:Create', [instanceCreation({ serviceId: 'kept', instanceId: 'ins-kept' })]);
  const inTime = { deadlineMs: 60_000 };
  return {
    ledger,
    takeOver: async (migrationId) => {
      const { specSha256 } = await ledger.query('ServiceContract:Get', ['counter']);
      const evaluation = trueEvaluation(Date.now(), { metadataId: migrationId });
      // A peer may hear of the proposal a moment after the one that it was sent by.
      const evaluate = () => ledger.submit('EvaluationContract:Submit', [evaluation]).catch(() => undefined);
      await waitUntil(evaluate, { ...inTime, what: `${migrationId} to be evaluated` });
      const { configDigest } = await waitUntil(() => orders.get(migrationId), {
        ...inTime,
        what: `the image of ${migrationId}`,
      });
      await ledger.submit('MigrationContract:Prepare', [preparation({ migrationId, configDigest, specSha256 })]);
      await waitUntil(
        async () => (await ledger.query('MigrationContract:Get', [migrationId])).state === 'HANDED_OVER',
        { ...inTime, what: `${migrationId} to be handed over` },
      );
    },
    lose: async () => {
      await ledger.submit('NodeContract:Renew', [{ leaseSeconds: 5 }]);
      await server.close();
    },
  };
}

/** Takes every order; keeps what it is told of images. */
function handlersFor(orders: Map<string, ImageOrder>): PeerHandlers {
  const unknown = (): Promise<never> => Promise.reject(new BlosmError('BLOSM_E_NOT_FOUND', 'nothing of that is here'));
  return {
    room: unknown,
    pick: () => Promise.resolve(),
    image: (_caller, order) => {
      orders.set(order.migrationId, order);
      return Promise.resolve();
    },
    progress: (_caller, migrationId) =>
      Promise.resolve({ migrationId, stage: 'warming', detail: '', sinceMs: Date.now(), phases: [] }),
    token: unknown,
    runSpec: unknown,
    position: unknown,
  };
}
