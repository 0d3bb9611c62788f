import { hasCode } from '../../../chaincode/src/model';
import { judgeHeights, judgeUnreachable } from '../../domain/doctor/ledger';
import type { Check } from './check';

/** The own peer, the channel, and the orderer. */
export const ledger: Check = {
  name: 'ledger',
  needs: 'config',
  run: async ({ answers, config, call }) => {
    const { channel } = config.ledger;
    const inspection = await answers.channel();
    let height: number;
    try {
      height = await answers.height();
    } catch (error) {
      return [judgeUnreachable(channel, reasonOf(error), hasCode(error, 'BLOSM_E_FORBIDDEN'))];
    }
    try {
      return [judgeHeights(channel, height, await inspection.orderedHeight(call), '')];
    } catch (error) {
      return [judgeHeights(channel, height, null, reasonOf(error))];
    }
  },
};

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
