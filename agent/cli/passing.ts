import { BlosmError } from '../../chaincode/src/model/errors';
import { plain } from './output/print';

/**
 * What a failed look at the agent says while it may get better by itself: the agent is restarted, or its peer is.
 * Undefined: waiting is no use.
 */
export function passingTrouble(error: unknown): string | undefined {
  if (!(error instanceof BlosmError) || !error.retryable) return undefined;
  if (error.code === 'BLOSM_E_AGENT_UNREACHABLE') return 'the agent does not answer now';
  return `the agent cannot tell now: ${plain(error.message.replace(/^BLOSM_E_\w+: /, ''))}`;
}
