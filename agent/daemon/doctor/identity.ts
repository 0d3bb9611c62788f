import { readFile } from 'node:fs/promises';
import { BlosmError } from '../../../chaincode/src/model';
import { factsOf, readCertificate, readPrivateKey } from '../../config/identity/read-identity';
import type { AgentConfig } from '../../config/schema';
import type { IdentityLook } from '../../domain/doctor/certificates';

export interface IdentityFilesLook extends IdentityLook {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/**
 * The agent's certificate and key as they lie there, whether they fit or not.
 * @throws BlosmError BLOSM_E_CONFIG_INVALID for what cannot be read
 */
export async function lookAtIdentity(
  { certificate, privateKey }: AgentConfig['ledger'],
  nowMs: number,
): Promise<IdentityFilesLook> {
  const [certificatePem, privateKeyPem] = await Promise.all([read(certificate), read(privateKey)]);
  const found = readCertificate(certificatePem, certificate);
  const key = readPrivateKey(privateKeyPem, privateKey);
  const isPair = found.checkPrivateKey(key);
  return { file: certificate, facts: factsOf(found), isPair, nowMs, certificatePem, privateKeyPem };
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new BlosmError('BLOSM_E_CONFIG_INVALID', `cannot read ${file} (${why})`, {
      stage: 'identity',
      cause,
      hint: 'Give the agent its identity, as the user that runs it: blosm identity import --cert FILE --key FILE.',
    });
  }
}
