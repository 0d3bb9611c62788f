import { X509Certificate, createPrivateKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { TlsIdentity } from '../tls';
import { validityFault } from '../tls';

/**
 * Why a certificate and a key cannot be used together now; undefined: they can.
 * @param curve the one that the key has to be on: a server's may be of any kind
 */
export function pairFault(
  { certificatePem, privateKeyPem }: TlsIdentity,
  nowMs: number,
  curve: 'P-256' | 'any' = 'P-256',
): string | undefined {
  let certificate: X509Certificate;
  let key: KeyObject;
  try {
    certificate = new X509Certificate(certificatePem);
    key = createPrivateKey(privateKeyPem);
  } catch {
    return 'the certificate or the private key is not PEM that can be read';
  }
  if (curve === 'P-256' && key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    return 'the private key is not on the curve P-256';
  }
  if (!certificate.checkPrivateKey(key)) return 'the private key does not belong to the certificate';
  const fault = validityFault(certificate, nowMs);
  return fault === undefined ? undefined : `the certificate is ${fault}`;
}
