import { X509Certificate } from 'node:crypto';

/** Whether one of the authorities has issued the certificate, by name and by signature. All PEM. */
export function isIssuedBy(certificatePem: string, authoritiesPem: readonly string[]): boolean {
  const certificate = new X509Certificate(certificatePem);
  return authoritiesPem.some((pem) => {
    const authority = new X509Certificate(pem);
    return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
  });
}
