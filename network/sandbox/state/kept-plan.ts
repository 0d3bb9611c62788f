import { existsSync, readFileSync } from 'node:fs';
import { parseTopology } from '../../topology';
import { BlosmError } from '../../../chaincode/src/model';
import { planSandbox, sandboxDir, type SandboxPlan } from '../plan';

export const planPath = (stateDir: string): string => `${sandboxDir(stateDir)}/topology.json`;

export const planExists = (stateDir: string): boolean => existsSync(planPath(stateDir));

/**
 * The plan of the sandbox that was brought up last with this state folder.
 * @throws BlosmError BLOSM_E_NOT_FOUND when there was none
 */
export function readPlan(stateDir: string): SandboxPlan {
  const path = planPath(stateDir);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new BlosmError('BLOSM_E_NOT_FOUND', `no sandbox was brought up with the state folder ${stateDir}`, {
      stage: 'sandbox',
      cause,
      hint: 'Bring one up: blosm sandbox up; or name its folder with --state.',
    });
  }
  // JSON is YAML too.
  return planSandbox(parseTopology(text, path), stateDir);
}
