import { z } from 'zod';

const Metadata = z.object({
  contracts: z.record(
    z.string(),
    z.object({ name: z.string().optional(), transactions: z.array(z.object({ name: z.string() })).default([]) }),
  ),
});

/** The functions of a chaincode from the metadata that Fabric's contract API gives. @throws ZodError, SyntaxError */
export function readFunctions(answer: Uint8Array): readonly string[] {
  const { contracts } = Metadata.parse(JSON.parse(Buffer.from(answer).toString('utf8')));
  return Object.entries(contracts).flatMap(([key, { name = key, transactions }]) =>
    transactions.map((transaction) => `${name}:${transaction.name}`),
  );
}
