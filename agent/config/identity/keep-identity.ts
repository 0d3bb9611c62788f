import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import type { IdentityText } from './identity-source';
import { refusedIdentity } from './read-identity';

export interface KeptIdentity {
  readonly certificate: string;
  readonly privateKey: string;
}

/** Where an agent keeps its identity. */
export const identityFiles = (stateDirectory: string): KeptIdentity => {
  const at = (name: string): string => join(stateDirectory, 'identity', name);
  return { certificate: at('cert.pem'), privateKey: at('key.pem') };
};

/**
 * Copies an identity into the agent's state, for its owner only. Each file is replaced as a whole, the key first: an
 * agent that looks in between sees a pair that does not fit, and looks again.
 * @throws BlosmError BLOSM_E_CONFIG_INVALID when the folder cannot be written
 */
export async function keepIdentity(stateDirectory: string, identity: IdentityText): Promise<KeptIdentity> {
  const files = identityFiles(stateDirectory);
  const folder = join(stateDirectory, 'identity');
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
    await writeFileAtomic(files.privateKey, identity.privateKeyPem, { mode: 0o600, fsync: true });
    await writeFileAtomic(files.certificate, identity.certificatePem, { mode: 0o600, fsync: true });
  } catch (cause) {
    throw refusedIdentity(
      `cannot keep the identity in ${folder}: ${String(cause)}`,
      'Run the command as the user that runs the agent, or set state.directory to a folder of its own.',
      cause,
    );
  }
  return files;
}
