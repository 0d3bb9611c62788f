import { TRANSACTIONS } from '../../../chaincode/src/model';
import { judgeChaincode } from '../../domain/doctor/ledger';
import type { Visit, Check } from './check';

/** The chaincode's definition, and that it has every function that this agent calls. */
export const chaincode: Check = {
  name: 'chaincode',
  needs: 'ledger',
  run: async (visit) => {
    const definition = await visit.answers.definition();
    const functions = definition === null ? { names: [] } : await functionsOf(visit);
    return [judgeChaincode(visit.config.ledger.chaincode, definition, Object.keys(TRANSACTIONS), functions)];
  },
};

async function functionsOf({ answers, call }: Visit): Promise<{ names: readonly string[] } | { why: string }> {
  try {
    return { names: await (await answers.channel()).functions(call) };
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
}
