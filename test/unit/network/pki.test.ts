import { X509Certificate, createPrivateKey } from 'node:crypto';
import { createAuthority, isLowS } from '../../../network/fabric/pki/certificate-authority';

/** The signature at the end of a certificate's DER form: a bit string whose first byte says that no bit is unused. */
function signatureOf({ raw }: X509Certificate): Uint8Array {
  const start = raw.lastIndexOf(Buffer.from([0x30]), raw.length - 66);
  for (let at = start; at > 0; at -= 1) {
    if (raw[at] === 0x30 && raw[at + 1] === raw.length - at - 2 && raw[at - 1] === 0) return raw.subarray(at);
  }
  throw new Error('no signature found');
}

describe('certificate authority', () => {
  it('signs every certificate low-S, itself included', async () => {
    for (let round = 0; round < 8; round += 1) {
      const authority = await createAuthority('edge1 CA', 'Edge1MSP');
      const issued = await authority.issue({ commonName: 'edge1 agent', unit: 'client', hosts: ['edge1'] });
      for (const { certificatePem } of [authority.credential, issued]) {
        expect(isLowS(signatureOf(new X509Certificate(certificatePem)))).toBe(true);
      }
    }
  });

  it('tells high-S from low-S', () => {
    const half = Buffer.from('7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8', 'hex');
    const above = Buffer.from(half);
    above[31] = 0xa9;
    expect(isLowS(Buffer.concat([half, half]))).toBe(true);
    expect(isLowS(Buffer.concat([half, above]))).toBe(false);
  });

  it('issues certificates that chain to it, with unit, hosts and matching key', async () => {
    const authority = await createAuthority('edge1 CA', 'Edge1MSP');
    const root = new X509Certificate(authority.credential.certificatePem);
    const hosts = ['10.88.1.1', 'edge1', 'localhost'];
    const { certificatePem, keyPem } = await authority.issue({ commonName: 'edge1 agent', unit: 'client', hosts });
    const certificate = new X509Certificate(certificatePem);
    expect(root.ca).toBe(true);
    expect(certificate.ca).toBe(false);
    expect(certificate.checkIssued(root)).toBe(true);
    expect(certificate.verify(root.publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(keyPem))).toBe(true);
    expect(certificate.subject).toContain('OU=client');
    expect(certificate.checkIP('10.88.1.1')).toBe('10.88.1.1');
    expect(certificate.checkHost('edge1')).toBe('edge1');
  });

  it('restricts the use of a TLS certificate only', async () => {
    const authority = await createAuthority('edge1 TLS CA', 'Edge1MSP');
    const tls = await authority.issue({ commonName: 'edge1', hosts: ['edge1'], forTls: true });
    const agent = await authority.issue({ commonName: 'agent', unit: 'client', hosts: ['edge1'] });
    expect(new X509Certificate(tls.certificatePem).keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    expect(new X509Certificate(agent.certificatePem).keyUsage).toBeUndefined();
  });
});
