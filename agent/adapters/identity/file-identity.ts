import { readFile, stat } from 'node:fs/promises';
import { BlosmError } from '../../../chaincode/src/model';
import type { Clock } from '../../ports/clock';
import type { Log } from '../../ports/log';
import type { TlsIdentity } from '../tls';
import { pairFault } from './pair';

/** The files of the agent's certificate and its key, PEM. */
export interface IdentityFiles {
  readonly certificate: string;
  readonly privateKey: string;
}

export interface IdentityOptions {
  readonly log: Log;
  readonly clock: Clock;
  /** Whose pair it is and which keys of the configuration name its files, for messages. */
  readonly what?: { readonly name: string; readonly keys: string };
  /** The curve that the key has to be on; by default P-256, on which Fabric signs. */
  readonly curve?: 'P-256' | 'any';
  /** How often the files are looked at, in milliseconds; 2 s. */
  readonly pollMs?: number;
}

/** Told of a pair that takes the place of the one before. */
export type RenewalListener = (pair: TlsIdentity) => Promise<void> | void;

const POLL_MS = 2_000;
const AGENT = { name: "the agent's identity", keys: 'ledger.certificate and ledger.privateKey' };

/**
 * Reads the agent's certificate and key and keeps an eye on their files. They are looked at by time, not by the file
 * system's notices: those get lost where a folder is mounted or a link is turned to another folder.
 * @throws BlosmError BLOSM_E_CONFIG_INVALID for files that cannot be read
 */
export async function openIdentity(files: IdentityFiles, options: IdentityOptions): Promise<FileIdentity> {
  try {
    // In this order: what is written in between is seen at the next look.
    const stamp = await stampOf(files);
    return new FileIdentity(files, options, await readPair(files), stamp);
  } catch (cause) {
    const { name, keys } = options.what ?? AGENT;
    const message = `${name} cannot be read: ${String(cause)}`;
    const hint = `Check ${keys}, and the rights of the files.`;
    throw new BlosmError('BLOSM_E_CONFIG_INVALID', message, { stage: 'identity', cause, hint });
  }
}

/**
 * The pair in use. Files that changed take its place once certificate and key belong together and hold now: a pair of
 * which only one half has been written is kept out until the other one follows.
 */
export class FileIdentity implements TlsIdentity {
  readonly #listeners = new Set<RenewalListener>();
  readonly #closed = new AbortController();
  readonly #ended: Promise<void>;
  /** The files as they were when their pair was found to be in use; null: look again. */
  #settledStamp: string | null;
  /** What the listeners know. */
  #told: TlsIdentity;
  #saidOf: string | null = null;

  constructor(
    private readonly files: IdentityFiles,
    private readonly options: IdentityOptions,
    private pair: TlsIdentity,
    stamp: string,
  ) {
    this.#settledStamp = stamp;
    this.#told = pair;
    this.#ended = this.#watch();
  }

  get #name(): string {
    return (this.options.what ?? AGENT).name;
  }

  get certificatePem(): string {
    return this.pair.certificatePem;
  }

  get privateKeyPem(): string {
    return this.pair.privateKeyPem;
  }

  onRenewal(listener: RenewalListener): void {
    this.#listeners.add(listener);
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#ended;
  }

  async #watch(): Promise<void> {
    const { signal } = this.#closed;
    for (;;) {
      await this.options.clock.sleep(this.options.pollMs ?? POLL_MS, signal).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await this.#look();
      } catch (error) {
        this.#sayOnce(String(error), `${this.#name} cannot be renewed; it is tried again`);
      }
    }
  }

  async #look(): Promise<void> {
    const stamp = await stampOf(this.files);
    if (stamp === this.#settledStamp) return;
    this.#settledStamp = null;
    const pair = await readPair(this.files);
    const fault = pairFault(pair, this.options.clock.nowMs(), this.options.curve);
    if (fault !== undefined) {
      this.#sayOnce(fault, `${this.#name} has changed and cannot be used; the known pair stays in use`);
      return;
    }
    if (!isSame(pair, this.#told)) await this.#renew(pair);
    this.#settledStamp = stamp;
    this.#saidOf = null;
  }

  async #renew(pair: TlsIdentity): Promise<void> {
    this.pair = pair;
    for (const listener of this.#listeners) await listener(pair);
    this.#told = pair;
    this.options.log.info({ certificate: this.files.certificate }, 'the agent goes on with a renewed certificate');
  }

  #sayOnce(reason: string, message: string): void {
    if (this.#saidOf === reason) return;
    this.#saidOf = reason;
    this.options.log.warn({ reason, certificate: this.files.certificate }, message);
  }
}

function isSame(one: TlsIdentity, other: TlsIdentity): boolean {
  return one.certificatePem === other.certificatePem && one.privateKeyPem === other.privateKeyPem;
}

async function readPair({ certificate, privateKey }: IdentityFiles): Promise<TlsIdentity> {
  const [certificatePem, privateKeyPem] = await Promise.all([
    readFile(certificate, 'utf8'),
    readFile(privateKey, 'utf8'),
  ]);
  return { certificatePem, privateKeyPem };
}

/** Differs whenever one of the files was written or replaced. */
async function stampOf({ certificate, privateKey }: IdentityFiles): Promise<string> {
  const facts = await Promise.all([certificate, privateKey].map((file) => stat(file, { bigint: true })));
  return facts.map(({ ino, size, mtimeNs, ctimeNs }) => [ino, size, mtimeNs, ctimeNs].join('.')).join(' ');
}
