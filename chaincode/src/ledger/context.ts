import { Context } from 'fabric-contract-api';

/** The endorser's own clock: milliseconds since 1970-01-01T00:00:00Z. */
export type Clock = () => number;

/**
 * What each transaction function gets. The clock is here so that a test can give every endorser its own; it is read
 * only to refuse a transaction whose time is off, never to write.
 */
export class BlosmContext extends Context {
  clock: Clock = () => Date.now();
}
