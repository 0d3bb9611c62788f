import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readCertificate, readPrivateKey, refusedIdentity } from './read-identity';

/** Where an identity is: a folder in Fabric's MSP layout, or two files. Absolute paths. */
export type IdentitySource = { readonly mspFolder: string } | { readonly certificate: string; readonly key: string };

export interface IdentityText {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  /** Where they were found. */
  readonly certificateFile: string;
  readonly keyFile: string;
}

/**
 * Finds a certificate and the key that belongs to it.
 * @throws BlosmError BLOSM_E_CONFIG_INVALID with what is missing or does not fit
 */
export async function findIdentity(source: IdentitySource): Promise<IdentityText> {
  if (!('mspFolder' in source)) return matching(source.certificate, [source.key]);
  const { mspFolder } = source;
  const [certificates, keys, authorities] = await Promise.all([
    filesIn(join(mspFolder, 'signcerts')),
    filesIn(join(mspFolder, 'keystore')),
    Promise.all([filesIn(join(mspFolder, 'cacerts')), filesIn(join(mspFolder, 'intermediatecerts'))]),
  ]);
  const [certificate, ...more] = certificates;
  if (certificate === undefined || more.length > 0) {
    throw refusedIdentity(
      `${join(mspFolder, 'signcerts')} holds ${certificates.length} files, not the one certificate of a member`,
      'Name the msp folder of a user, e.g. users/User1@org1.example.com/msp, not that of the organisation.',
    );
  }
  if (keys.length === 0) {
    throw refusedIdentity(
      `there is no private key in ${join(mspFolder, 'keystore')}`,
      'A key in a hardware module cannot be used; enrol a client whose key is a file.',
    );
  }
  const found = await matching(certificate, keys);
  await requireIssuer(found, authorities.flat(), mspFolder);
  return found;
}

/** A keystore may hold older keys too: the right one is the one that fits. */
async function matching(certificateFile: string, keyFiles: readonly string[]): Promise<IdentityText> {
  const certificatePem = await readText(certificateFile);
  const certificate = readCertificate(certificatePem, certificateFile);
  for (const keyFile of keyFiles) {
    const privateKeyPem = await readText(keyFile);
    const key = readPrivateKey(privateKeyPem, keyFile);
    if (certificate.checkPrivateKey(key)) return { certificatePem, privateKeyPem, certificateFile, keyFile };
  }
  throw refusedIdentity(
    `the private key ${keyFiles.join(', ')} does not belong to the certificate ${certificateFile}`,
    'Give the key that was made together with this certificate.',
  );
}

/** The folder's own CAs, where it names some: a file that strayed in is found here, not at the first transaction. */
async function requireIssuer(
  { certificatePem, certificateFile }: IdentityText,
  authorityFiles: readonly string[],
  mspFolder: string,
): Promise<void> {
  if (authorityFiles.length === 0) return;
  const certificate = readCertificate(certificatePem, certificateFile);
  for (const file of authorityFiles) {
    const authority = readCertificate(await readText(file), file);
    if (certificate.checkIssued(authority) && certificate.verify(authority.publicKey)) return;
  }
  throw refusedIdentity(
    `${certificateFile} was not issued by a certificate authority of ${mspFolder}`,
    'Put the parts of one identity together, as cryptogen and fabric-ca-client make them.',
  );
}

async function filesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [] as string[]);
  return names
    .filter((name) => !name.startsWith('.'))
    .sort()
    .map((name) => join(folder, name));
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw refusedIdentity(`cannot read ${file}: ${String(cause)}`, 'Check the name and the rights of the file.', cause);
  }
}
