import { exportJWK, generateKeyPair, SignJWT, type JWK, type KeyLike } from 'jose';

/** An issuer of device tokens: a key of its own, its public half, and whatever tokens a test wants. */
export interface TestIssuer {
  readonly kid: string;
  readonly key: KeyLike;
  readonly jwk: JWK;
  /** Valid for a minute from the second named, for car-7, unless the test says otherwise. */
  sign(nowMs: number, claims?: Readonly<Record<string, unknown>>): Promise<string>;
}

export const ISSUER = 'https://issuer.test';
export const AUDIENCE = 'blosm';

export async function makeIssuer(kid: string, alg = 'ES256'): Promise<TestIssuer> {
  const { publicKey, privateKey } = await generateKeyPair(alg);
  const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
  const sign = (nowMs: number, claims: Readonly<Record<string, unknown>> = {}): Promise<string> => {
    const nowSeconds = Math.floor(nowMs / 1000);
    const all = { iss: ISSUER, aud: AUDIENCE, sub: 'car-7', iat: nowSeconds, exp: nowSeconds + 60, ...claims };
    return new SignJWT(all).setProtectedHeader({ alg, kid }).sign(privateKey);
  };
  return { kid, key: privateKey, jwk, sign };
}
