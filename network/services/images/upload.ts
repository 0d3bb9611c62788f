import { createReadStream, readFileSync } from 'node:fs';
import { request } from 'undici';
import { BlosmError } from '../../../chaincode/src/model';
import { blobPath } from './cache';
import { MANIFEST_TYPE, type BuiltImage } from './image';

export interface UploadOptions {
  /** host:port of a registry that speaks plain HTTP. */
  readonly registry: string;
  readonly tag?: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Uploads an image to a registry; blobs that it has already are not sent (OCI distribution specification).
 * @throws BlosmError BLOSM_E_REGISTRY with the registry's words
 */
export async function uploadImage(image: BuiltImage, options: UploadOptions): Promise<void> {
  const base = `http://${options.registry}/v2/${image.repository}`;
  for (const blob of [...image.layers, image.config]) await uploadBlob(base, blob, options.signal);
  const manifest = readFileSync(blobPath(image.manifest.digest));
  const answer = await call('PUT', `${base}/manifests/${options.tag ?? 'latest'}`, options.signal, {
    headers: { 'content-type': MANIFEST_TYPE },
    body: manifest,
  });
  expect(answer, 201);
}

interface Answer {
  readonly status: number;
  readonly location: string;
  readonly text: string;
  readonly what: string;
}

async function uploadBlob(
  base: string,
  blob: { readonly digest: string; readonly sizeBytes: number },
  signal: AbortSignal | undefined,
): Promise<void> {
  const present = await call('HEAD', `${base}/blobs/${blob.digest}`, signal);
  if (present.status === 200) return;
  const begun = await call('POST', `${base}/blobs/uploads/`, signal);
  expect(begun, 202);
  const target = new URL(begun.location, base);
  target.searchParams.set('digest', blob.digest);
  const sent = await call('PUT', target.href, signal, {
    headers: { 'content-type': 'application/octet-stream', 'content-length': String(blob.sizeBytes) },
    body: createReadStream(blobPath(blob.digest)),
  });
  expect(sent, 201);
}

async function call(
  method: 'HEAD' | 'POST' | 'PUT',
  url: string,
  signal: AbortSignal | undefined,
  sent: { readonly headers?: Record<string, string>; readonly body?: Buffer | NodeJS.ReadableStream } = {},
): Promise<Answer> {
  const what = `${method} ${url}`;
  try {
    const { statusCode, headers, body } = await request(url, {
      method,
      ...(sent.headers === undefined ? {} : { headers: sent.headers }),
      ...(sent.body === undefined ? {} : { body: sent.body as Buffer }),
      ...(signal === undefined ? {} : { signal }),
    });
    const location = headers['location'];
    return {
      status: statusCode,
      location: typeof location === 'string' ? location : '',
      text: await body.text(),
      what,
    };
  } catch (cause) {
    throw new BlosmError('BLOSM_E_REGISTRY', `${what}: ${String(cause)}`, { stage: 'push', cause });
  }
}

function expect(answer: Answer, status: number): void {
  if (answer.status === status) return;
  const message = `${answer.what}: answered ${answer.status} instead of ${status}: ${answer.text.slice(0, 500)}`;
  throw new BlosmError('BLOSM_E_REGISTRY', message, { stage: 'push' });
}
