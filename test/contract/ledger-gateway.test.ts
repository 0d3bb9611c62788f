import type { Ledger } from '../../agent/ports/ledger';
import { GatewayBench } from '../support/gateway-bench';
import { ledgerContract } from './ledger.contract';

describe('the adapter on the gateway service keeps the contract of the port', () => {
  const bench = new GatewayBench();
  let first: Ledger;
  let second: Ledger;
  let made = 0;

  beforeAll(async () => {
    first = (await bench.connect('Edge1MSP')).ledger;
    second = (await bench.connect('Edge2MSP')).ledger;
  });

  afterAll(() => bench.close());

  ledgerContract(() => Promise.resolve({ first, second, freshId: (prefix) => `${prefix}-${(made += 1)}` }));
});
