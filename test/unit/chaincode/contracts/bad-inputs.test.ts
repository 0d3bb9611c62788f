import {
  TRANSACTIONS,
  encodeArgs,
  type QueryName,
  type SubmitName,
  type TransactionName,
} from '../../../../chaincode/src/model';
import { BAD_INPUTS } from '../../../support/bad-inputs';
import { QUERIES, SUBMITS } from '../../../support/chaincode-calls';
import { testIdentity } from '../../../support/identity';
import { playUpTo, type Stage } from '../../../support/ledger-scenes';

let stage: Stage;
const good = new Map<TransactionName, readonly string[]>();

beforeAll(async () => {
  stage = await playUpTo('prepared');
  for (const [name, args] of Object.entries(QUERIES)) good.set(name as QueryName, encodeArgs(args));
  for (const [name, { args }] of Object.entries(SUBMITS)) {
    good.set(name as SubmitName, encodeArgs(await args(stage.clock.nowMs())));
  }
});

/** What all peers hold, and how many blocks there are. */
const stateOf = ({ channel }: Stage) => ({
  height: channel.height,
  stored: channel.allPeers().map((peer) => peer.store.dump()),
});

it('the list is long, and has no entry twice', () => {
  expect(BAD_INPUTS.length).toBeGreaterThan(300);
  expect(new Set(BAD_INPUTS.map(({ name, what }) => `${name} ${what}`)).size).toBe(BAD_INPUTS.length);
  expect(new Set(BAD_INPUTS.map(({ name }) => name)).size).toBe(Object.keys(TRANSACTIONS).length);
});

describe('a bad input gets a code and changes nothing', () => {
  it.each(BAD_INPUTS)('$name: $what', async ({ name, from }) => {
    const before = stateOf(stage);
    const ledger = stage.channel.as(await testIdentity('Edge1MSP', 'client', 'agent'));
    const args = from(good.get(name) ?? []);
    const call =
      TRANSACTIONS[name].kind === 'query'
        ? ledger.queryRaw(name as QueryName, args)
        : ledger.submitRaw(name as SubmitName, args);
    await expect(call).rejects.toMatchObject({
      code: 'BLOSM_E_INVALID_ARGUMENT',
      message: expect.stringMatching(/^BLOSM_E_INVALID_ARGUMENT: [^\u0000-\u001f]{5,300}$/) as string,
    });
    expect(stateOf(stage)).toEqual(before);
  });
});
