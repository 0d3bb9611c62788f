import { generateKeyPairSync, verify } from 'node:crypto';
import { signLowS } from '../../../../agent/adapters/fabric-grpc/low-s-signature';

const HALF_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n >> 1n;

/** Reads R and S out of the DER. */
function scalars(signature: Buffer): bigint[] {
  expect([signature[0], signature[1]]).toEqual([0x30, signature.length - 2]);
  const rLength = signature[3] ?? 0;
  const r = signature.subarray(4, 4 + rLength);
  const s = signature.subarray(6 + rLength);
  expect([signature[2], signature[4 + rLength], signature[5 + rLength]]).toEqual([0x02, 0x02, s.length]);
  for (const each of [r, s]) {
    // DER: positive, and no longer than needed.
    expect(each[0]).toBeLessThan(0x80);
    if (each[0] === 0) expect(each[1]).toBeGreaterThanOrEqual(0x80);
  }
  return [r, s].map((each) => BigInt(`0x${each.toString('hex')}`));
}

it('signs so that the signature verifies, in shortest DER, with the lower S', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  // Enough for leading zero bytes (one in 256) and for both halves of S.
  for (let turn = 0; turn < 1_500; turn += 1) {
    const message = Buffer.from(`message ${turn}`);
    const signature = signLowS(message, privateKey);
    expect(verify('sha256', message, publicKey, signature)).toBe(true);
    expect((scalars(signature)[1] ?? 0n) <= HALF_ORDER).toBe(true);
  }
});
