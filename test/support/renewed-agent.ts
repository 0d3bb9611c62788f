import { createPrivateKey, webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { fabricLayout } from '../../network/fabric/layout';
import { isLowS } from '../../network/fabric/pki/certificate-authority';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** A new certificate and key for a cluster's agent, issued by the CA of its organisation. PEM. */
export async function issueAgent(
  stateFolder: string,
  cluster: string,
  mspId: string,
): Promise<{ readonly certificatePem: string; readonly privateKeyPem: string }> {
  const { caCertificate } = fabricLayout(stateFolder).organization({ name: cluster, mspId });
  const authority = new x509.X509Certificate(readFileSync(caCertificate, 'utf8'));
  const authorityKey = createPrivateKey(readFileSync(join(dirname(caCertificate), 'key.pem')));
  const signingKey = await webcrypto.subtle.importKey(
    'pkcs8',
    authorityKey.export({ type: 'pkcs8', format: 'der' }),
    ALGORITHM,
    false,
    ['sign'],
  );
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  for (;;) {
    const certificate = await x509.X509CertificateGenerator.create({
      notBefore: new Date(Date.now() - 86_400_000),
      notAfter: new Date(Date.now() + 86_400_000),
      subject: `O=${mspId}, OU=client, CN=${cluster} agent`,
      issuer: authority.subjectName,
      publicKey: keys.publicKey,
      signingKey,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        await x509.AuthorityKeyIdentifierExtension.create(authority.publicKey),
      ],
    });
    // Fabric 2.1 takes no other: see the network's own authority.
    if (!isLowS(new Uint8Array(certificate.signature))) continue;
    const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
    const privateKeyPem = createPrivateKey({ key, format: 'der', type: 'pkcs8' }).export({
      type: 'pkcs8',
      format: 'pem',
    });
    return { certificatePem: `${certificate.toString('pem')}\n`, privateKeyPem: privateKeyPem.toString() };
  }
}
