import type { FabricState, FabricStatus } from '../../network/fabric';
import type { Topology } from '../../network/topology';
import type { Intent } from './dry-run';

/** A network as it is: null when there is none in the state folder. */
export type Found = { readonly state: FabricState; readonly status: FabricStatus } | null;

const NO_NETWORK = 'there is no network: blosm network up makes one';

/** What `network up` would do. */
export function upIntent(found: Found, topology: Topology): Intent {
  const command = 'network up';
  if (found === null) {
    const names = topology.clusters.map(({ name }) => name);
    return { command, steps: [`make a network of ${names.length} clusters (${names.join(', ')}) and start it`] };
  }
  const { unfinished, components } = found.status;
  return {
    command,
    steps: [
      ...(unfinished === null ? [] : [`complete what was cut off: ${unfinished}`]),
      ...components.filter(({ pid }) => pid === null).map(({ name }) => `start ${name}`),
    ],
  };
}

/** What `network down` would do. */
export const downIntent = (found: Found): Intent => ({ command: 'network down', steps: stops(found) });

/** What `network reset` would do. */
export const resetIntent = (found: Found): Intent => ({
  command: 'network reset',
  steps:
    found === null
      ? []
      : [...stops(found), `delete the ledger, the identities and the logs in ${found.state.folder} (needs --yes)`],
});

const stops = (found: Found): string[] =>
  (found?.status.components ?? []).filter(({ pid }) => pid !== null).map(({ name }) => `stop ${name}`);

/** What `network deploy` or `network upgrade` would do with the chaincode that has this content. */
export function chaincodeIntent(command: 'network deploy' | 'network upgrade', found: Found, sha256: string): Intent {
  if (found === null) return { command, steps: [], refusals: [NO_NETWORK] };
  const { deployment } = found.state;
  if (deployment === null) return { command, steps: ['deploy the chaincode at sequence 1'], refusals: down(found) };
  if (deployment.contentSha256 === sha256) return { command, steps: [], refusals: down(found) };
  const { label, sequence } = deployment;
  if (command === 'network deploy') {
    return {
      command,
      steps: [],
      refusals: [`${label} is deployed, another one: replace it with blosm network upgrade`],
    };
  }
  return { command, steps: [`replace ${label} by the chaincode at sequence ${sequence + 1}`], refusals: down(found) };
}

/** What `network upgrade --programs` would do with the programs that are found now. */
export function programsIntent(found: Found, version: string): Intent {
  const command = 'network upgrade';
  if (found === null) return { command, steps: [], refusals: [NO_NETWORK] };
  const { status } = found;
  const nodes = status.components.filter(({ kind }) => kind !== 'chaincode');
  const steps = nodes.map(({ name }) => `restart ${name}: Fabric ${status.fabricVersion} -> ${version}`);
  return { command, steps: status.fabricVersion === version ? [] : steps, refusals: down(found) };
}

/** What `network add-org` would do. */
export function addIntent(found: Found, member: { readonly name: string; readonly mspId: string }): Intent {
  const command = 'network add-org';
  if (found === null) return { command, steps: [], refusals: [NO_NETWORK] };
  const { clusters } = found.state;
  if (clusters.some(({ name, mspId }) => name === member.name && mspId === member.mspId)) return { command, steps: [] };
  const taken = clusters.find(({ name, mspId }) => name === member.name || mspId === member.mspId);
  return {
    command,
    steps: [
      `make certificates for ${member.name} (${member.mspId})`,
      'add it to the configuration of the channel, signed by a majority of the admins',
      `start its peer and its chaincode process`,
    ],
    refusals: [...down(found), ...(taken === undefined ? [] : [`${taken.name} (${taken.mspId}) is a member already`])],
  };
}

/** What `network remove-org` would do. */
export function removeIntent(found: Found, name: string, purge: boolean): Intent {
  const command = 'network remove-org';
  if (found === null) return { command, steps: [], refusals: [NO_NETWORK] };
  if (found.state.membership.removed.some((gone) => gone.name === name)) return { command, steps: [] };
  return {
    command,
    steps: [
      `remove ${name} from the endorsement policy and from the configuration of the channel`,
      'stop its peer and its chaincode process',
      ...(purge ? ['delete its certificates, its ledger and its logs (needs --yes)'] : []),
    ],
    refusals: found.state.clusters.some((cluster) => cluster.name === name)
      ? []
      : [`no cluster of this network is named ${name}`],
  };
}

/** Changes of the channel need every process. */
function down({ status }: NonNullable<Found>): string[] {
  const ill = status.components.filter(({ healthy }) => !healthy).map(({ name }) => name);
  return ill.length === 0 ? [] : [`not healthy: ${ill.join(', ')}; bring it up first: blosm network up`];
}
