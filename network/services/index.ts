import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ServiceFile, toServiceOrder } from '../../agent/config/service-file';
import type { ServiceOrder } from '../../agent/ports/control';
import { BlosmError, type ServiceImage } from '../../chaincode/src/model';
import { builtPlatform } from './images/base-layer';
import { counterImage, serviceFolder } from './images/counter-image';
import { unpackedBytesOf, type BuiltImage } from './images/image';
import { recognitionImage } from './images/recognition-image';
import { uploadImage, type UploadOptions } from './images/upload';

export { bulkImage, type BulkOptions } from './images/bulk-image';
export type { BuiltImage } from './images/image';
export { counterImage } from './images/counter-image';
export { recognitionImage, type RecognitionOptions } from './images/recognition-image';
export { uploadImage, type UploadOptions } from './images/upload';
export { OFFICIAL_MODEL, locateModel, modelFolders, type ModelFiles } from './models/locate';

/** The sample services. */
export const SAMPLE_SERVICES = ['image-recognition', 'counter'] as const;
export type SampleService = (typeof SAMPLE_SERVICES)[number];

/** A sample service whose image lies in a registry. */
export interface PublishedService {
  /** What `blosm service register` sends to the agent. */
  readonly order: ServiceOrder;
  readonly image: ServiceImage;
}

/** The file of a sample service that `blosm service register -f` reads. */
export const serviceFilePath = (service: SampleService): string => join(serviceFolder(service), 'service.yaml');

/**
 * Reads a sample service's file; its platform is this machine's, which its image is built on.
 * @throws BlosmError BLOSM_E_CONFIG_INVALID
 */
export function readServiceOrder(service: SampleService): ServiceOrder {
  const path = serviceFilePath(service);
  const parsed = ServiceFile.safeParse(parse(readFileSync(path, 'utf8')));
  if (!parsed.success) {
    throw new BlosmError('BLOSM_E_CONFIG_INVALID', `${path}: ${parsed.error.message}`, { stage: 'service' });
  }
  return toServiceOrder({ ...parsed.data, platform: builtPlatform() });
}

/** What the ledger holds of an image. */
export function toServiceImage(built: BuiltImage): ServiceImage {
  return {
    repository: built.repository,
    manifestDigest: built.manifest.digest,
    configDigest: built.config.digest,
    sizeBytes: unpackedBytesOf(built),
  };
}

/** Builds a sample service's image, or takes it from the cache, and uploads what the registry lacks. */
export async function publishService(service: SampleService, options: UploadOptions): Promise<PublishedService> {
  const built = service === 'counter' ? await counterImage() : await recognitionImage({ signal: options.signal });
  await uploadImage(built, options);
  return { order: readServiceOrder(service), image: toServiceImage(built) };
}
