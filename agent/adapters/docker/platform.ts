import type { Platform } from '../../../chaincode/src/model';

const OCI: Readonly<Record<string, readonly [architecture: string, variant: string]>> = {
  x86_64: ['amd64', ''],
  amd64: ['amd64', ''],
  aarch64: ['arm64', 'v8'],
  arm64: ['arm64', 'v8'],
  armv7l: ['arm', 'v7'],
  armhf: ['arm', 'v7'],
  armv6l: ['arm', 'v6'],
  i386: ['386', ''],
  i686: ['386', ''],
};

/**
 * A platform in the words of the OCI image specification: engines tell the kernel's words (`aarch64`), image builders
 * leave the variant out where it is the usual one.
 */
export function ociPlatform(os: string, architecture: string, variant = ''): Platform {
  const [name, usual] = OCI[architecture] ?? [architecture, ''];
  return { os: os.toLowerCase(), architecture: name, variant: variant === '' ? usual : variant };
}

/** True when an image of the one platform runs on an engine of the other: variants are judged by the evaluation. */
export function runsOn(image: Platform, engine: Platform): boolean {
  return image.os === engine.os && image.architecture === engine.architecture;
}
