import './quiet-fabric';
import type { BlosmContext } from '../../chaincode/src/ledger';
import type { BlosmContract } from '../../chaincode/src/contracts/blosm-contract';
import { contracts } from '../../chaincode/src';
import { FakeStub, type FakeProposal, type ReadWriteSet, type WorldStateStore } from './world-state';

/** What an endorser answers: the result, and what the transaction read, wrote and announced. */
export interface Endorsement {
  readonly result: string;
  readonly set: ReadWriteSet;
  readonly event: { readonly name: string; readonly payload: Buffer } | undefined;
}

type TransactionFunction = (ctx: BlosmContext, ...args: string[]) => Promise<string>;

const byName = new Map<string, BlosmContract>(
  contracts.map((Contract) => [new Contract().getName(), new Contract()] as const),
);

/** Runs the real contracts on a proposal, as a peer's chaincode process does. */
export async function endorse(
  store: WorldStateStore,
  proposal: FakeProposal,
  clock: () => number,
): Promise<Endorsement> {
  const [name = '', ...args] = proposal.args;
  const [contractName = '', functionName = ''] = name.split(':');
  const contract = byName.get(contractName);
  if (contract === undefined) throw new Error(`Contract name is not known: ${contractName}`);
  const stub = new FakeStub(store, proposal);
  const ctx = contract.createContext();
  ctx.stub = stub.asStub();
  ctx.clock = clock;
  const result = await call(contract, functionName, ctx, args).catch((error: unknown) => {
    if (stub.writes.size > 0 || stub.event !== undefined) throw new Error(`${name} wrote and then refused`);
    throw error;
  });
  return { result, set: { reads: stub.reads, ranges: stub.ranges, writes: stub.writes }, event: stub.event };
}

async function call(contract: BlosmContract, name: string, ctx: BlosmContext, args: string[]): Promise<string> {
  const transactions = Reflect.getMetadata('fabric:transactions', contract) as { name: string }[];
  if (transactions.some((transaction) => transaction.name === name)) {
    const transaction = (contract as unknown as Record<string, TransactionFunction>)[name];
    if (transaction !== undefined) return transaction.call(contract, ctx, ...args);
  }
  await contract.unknownTransaction(ctx);
  return '';
}
