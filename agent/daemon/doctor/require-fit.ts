import { BlosmError, type ErrorCode } from '../../../chaincode/src/model';
import { unusableTlsFiles } from '../../app/doctor';
import type { AgentConfig } from '../../config/schema';
import { judgeOwnIdentity } from '../../domain/doctor/certificates';
import type { Finding } from '../../domain/doctor/finding';
import { judgeNode, judgePort, judgeState } from '../../domain/doctor/machine';
import type { MachineInspection } from '../../ports/inspection';
import { profileOf } from '../settings';
import { lookAtIdentity } from './identity';
import { inspectMachine } from './machine';

/**
 * What of doctor's findings keeps an agent from starting, in the same words: nothing of it mends itself while it runs.
 * What is missing elsewhere (a peer, the engine) it waits for.
 * @throws BlosmError BLOSM_E_PREREQUISITE, BLOSM_E_CONFIG_INVALID, BLOSM_E_AGENT_RUNNING, BLOSM_E_JOURNAL
 */
export async function requireFit(config: AgentConfig, nowMs: number): Promise<void> {
  const machine = inspectMachine(() => Promise.resolve([]));
  refuse([judgeNode(machine.nodeVersion)], () => 'BLOSM_E_PREREQUISITE');
  refuse(judgeOwnIdentity(await lookAtIdentity(config.ledger, nowMs)), () => 'BLOSM_E_CONFIG_INVALID');
  refuse(await unusableTlsFiles(config, profileOf(config), machine), () => 'BLOSM_E_CONFIG_INVALID');
  const state = judgeState(await machine.state(config.state.directory), false);
  refuse(state, ({ about }) => (about === 'lock' ? 'BLOSM_E_AGENT_RUNNING' : 'BLOSM_E_JOURNAL'));
  refuse(await portsOf(config, machine), () => 'BLOSM_E_CONFIG_INVALID');
}

function portsOf({ gateway, peers }: AgentConfig, machine: MachineInspection): Promise<readonly Finding[]> {
  const look = async (key: string, listen: string): Promise<Finding> =>
    judgePort(key, listen, await machine.listen(listen), false);
  return Promise.all([look('gateway.listen', gateway.listen), look('peers.listen', peers.listen)]);
}

function refuse(findings: readonly Finding[], codeOf: (finding: Finding) => ErrorCode): void {
  const worst = findings.find(({ state }) => state === 'fail');
  if (worst !== undefined) throw new BlosmError(codeOf(worst), worst.seen, { stage: 'start', hint: worst.mend });
}
