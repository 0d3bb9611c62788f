import { BlosmError } from '../../../chaincode/src/model';

/** An image's name taken apart (grammar of the distribution project's references). */
export interface ImageName {
  /** `host:port/path` without tag and digest. */
  readonly repository: string;
  /** Without the registry's address. */
  readonly path: string;
  /** Empty: none. */
  readonly tag: string;
  /** `sha256:...`; empty: none. */
  readonly digest: string;
}

const REFERENCE =
  /^(?<repository>[^@\s]+?)(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$/;

/** @throws BlosmError BLOSM_E_INVALID_ARGUMENT */
export function parseReference(reference: string): ImageName {
  const { repository = '', tag = '', digest = '' } = REFERENCE.exec(reference)?.groups ?? {};
  if (repository === '') {
    throw new BlosmError('BLOSM_E_INVALID_ARGUMENT', `not an image reference: ${reference}`, { stage: 'image' });
  }
  return { repository, path: pathOf(repository), tag, digest };
}

function pathOf(repository: string): string {
  const [first = '', ...rest] = repository.split('/');
  // As the engine does: the first part is a host only when it looks like one.
  const hasHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  return hasHost ? rest.join('/') : repository;
}
