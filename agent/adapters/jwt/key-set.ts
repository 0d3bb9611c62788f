import { readFile } from 'node:fs/promises';
import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import type { Clock } from '../../ports/clock';
import type { Log } from '../../ports/log';

/** Where the keys are (RFC 7517). */
export type KeyPlace = { readonly file: string } | { readonly url: string };

export interface KeySetOptions {
  readonly place: KeyPlace;
  readonly clock: Clock;
  readonly log: Log;
  /** For how long keys are used before they are read again. */
  readonly refreshMs: number;
  /** How long nobody asks again after a look, however many tokens name a key that is not known. */
  readonly cooldownMs: number;
}

const FETCH_TIMEOUT_MS = 5000;
const MAX_BYTES = 256 * 1024;

const KeyFile = z.looseObject({ keys: z.array(z.looseObject({ kty: z.string() })) });

/** Keys by which tokens are verified: read again in time, the last good ones stay while there are no newer ones. */
export class KeySet {
  private known: JWTVerifyGetKey | undefined;
  private lookedAtMs = -Infinity;
  private look: Promise<void> | undefined;

  constructor(private readonly options: KeySetOptions) {}

  /** The keys as they are known; undefined: none has ever been read. */
  async keys(): Promise<JWTVerifyGetKey | undefined> {
    if (this.ageMs() >= this.options.refreshMs || this.known === undefined) {
      const looking = this.lookAgain();
      // Old keys are good enough meanwhile.
      if (this.known === undefined) await looking;
    }
    return this.known;
  }

  /** The keys after a further look, for a token whose key is not among the known ones; undefined: it is too early. */
  async newer(): Promise<JWTVerifyGetKey | undefined> {
    const before = this.known;
    await this.lookAgain();
    return this.known === before ? undefined : this.known;
  }

  private ageMs(): number {
    return Math.abs(this.options.clock.nowMs() - this.lookedAtMs);
  }

  private lookAgain(): Promise<void> {
    if (this.look === undefined && this.ageMs() >= this.options.cooldownMs) {
      this.lookedAtMs = this.options.clock.nowMs();
      this.look = this.read().finally(() => (this.look = undefined));
    }
    return this.look ?? Promise.resolve();
  }

  private async read(): Promise<void> {
    const { place, log } = this.options;
    try {
      const text = 'file' in place ? await readFile(place.file, 'utf8') : await fetchText(place.url);
      this.known = createLocalJWKSet(publicKeysOf(KeyFile.parse(JSON.parse(text))));
    } catch (error) {
      const kept = this.known === undefined ? 'no key is known' : 'the known keys stay in use';
      log.warn({ ...place, reason: String(error) }, `the keys of devices cannot be read; ${kept}`);
    }
  }
}

/** A shared secret is no public key: who may read the set could sign with it. */
function publicKeysOf({ keys }: z.infer<typeof KeyFile>): JSONWebKeySet {
  const usable = keys.filter(({ kty }) => kty !== 'oct');
  if (usable.length === 0) throw new Error('the set holds no public key');
  return { keys: usable };
}

async function fetchText(url: string): Promise<string> {
  const answer = await fetch(url, {
    signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
    redirect: 'error',
    headers: { accept: 'application/jwk-set+json, application/json' },
  });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  const text = await answer.text();
  if (text.length > MAX_BYTES) throw new Error(`more than ${MAX_BYTES} bytes`);
  return text;
}
