// The official release of Fabric from GitHub: nothing of it is unpacked before its SHA-256 is the pinned one.
// Plain Node without dependencies, as resolve.mjs. The download is direct: proxy settings are not read.
import { createHash } from 'node:crypto';
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const GITHUB = 'https://github.com/hyperledger/fabric/releases/download';
const ARCHITECTURES = { x64: 'amd64', arm64: 'arm64' };

/**
 * SHA-256 of hyperledger-fabric-linux-ARCH-VERSION.tar.gz, as others have pinned them in public. The project itself
 * publishes no list. 2.5.16: github.com/SuBeen-Cho/blockchain_mongbas, deploy/linux/bootstrap.sh (both; that of amd64
 * also in another project's installer). 3.1.5: AUR hyperledger-fabric-bin 3.1.5-1 (amd64) and
 * github.com/mvrpl/unix-apps, Formula/hyperledger-fabric.rb (both).
 */
const PINNED = {
  '2.5.16': {
    amd64: '18c91e7f2f11b601e6622cc70454d568af897707ee9adf111e9fa91a233881bf',
    arm64: 'c3c1809afab1998e9f2dd37ccd7fc5fa97658cdeaaa9ca0de29e896bf6dee029',
  },
  '3.1.5': {
    amd64: 'b9c31fd490991e76f8acb1835dee09fc19fee5428cb13e190ee6e0bdd2c37858',
    arm64: '4a42cad740a7e0373eda6bf1e27c86e9b06132f9bb751daf7f0f7dc1d1bbfed9',
  },
};
/** The line with long-term support. */
const DEFAULT_VERSION = '2.5.16';

/** Where to get releases from and how long to wait: `connectMs` for the answer, `stallMs` from one piece to the next. */
export const OFFICIAL = { baseUrl: GITHUB, connectMs: 10_000, stallMs: 30_000, mostBytes: 1_000_000_000 };

/** What was received is not what was expected: that is not passed over. */
export class ChecksumMismatch extends Error {}

/**
 * Which release to take: `$BLOSM_FABRIC_RELEASE` with `$BLOSM_FABRIC_SHA256`, which a pinned version does not need.
 * @returns {{ version: string, isNamed: boolean, file?: string, sha256?: string, passedOver?: string }} with a reason
 *   where it cannot be had
 */
export function chosenRelease(env = process.env, machine = process) {
  const version = env.BLOSM_FABRIC_RELEASE || DEFAULT_VERSION;
  const isNamed = Boolean(env.BLOSM_FABRIC_RELEASE);
  const chosen = { version, isNamed };
  if (!/^\d+\.\d+\.\d+$/.test(version)) return { ...chosen, passedOver: 'a version is three numbers, e.g. 2.5.16' };
  const architecture = ARCHITECTURES[machine.arch];
  if (machine.platform !== 'linux' || architecture === undefined) {
    return { ...chosen, passedOver: `there is none for ${machine.platform} on ${machine.arch}` };
  }
  const sha256 = (isNamed && env.BLOSM_FABRIC_SHA256) || PINNED[version]?.[architecture];
  if (sha256 === undefined) {
    return { ...chosen, passedOver: 'its checksum is not known here: set BLOSM_FABRIC_SHA256 to that of its file' };
  }
  if (!/^[0-9a-f]{64}$/i.test(sha256)) return { ...chosen, passedOver: 'BLOSM_FABRIC_SHA256 is not 64 hexadecimal digits' };
  return { ...chosen, sha256: sha256.toLowerCase(), file: `hyperledger-fabric-linux-${architecture}-${version}.tar.gz` };
}

/**
 * Downloads a release and unpacks it beside its place, then renames it: nobody ever sees half of one, and a failure
 * leaves nothing behind.
 * @param {{ version: string, file: string, sha256: string }} release
 * @param {string} target folder that gets `bin` and `config`
 * @param {{ check: (folder: string) => Promise<void>, unpack: (archive: string, folder: string) => Promise<unknown> }} steps
 *   check throws when what was unpacked does not run here
 */
export async function downloadRelease(release, target, steps, { from = OFFICIAL, signal } = {}) {
  mkdirSync(dirname(target), { recursive: true });
  const work = mkdtempSync(`${target}.downloading-`);
  try {
    const archive = join(work, release.file);
    const actual = await fetchTo(archive, `${from.baseUrl}/v${release.version}/${release.file}`, from, signal);
    if (actual !== release.sha256) {
      throw new ChecksumMismatch(`${release.file} from ${from.baseUrl} has the SHA-256 ${actual}, expected is ${release.sha256}`);
    }
    const content = join(work, 'content');
    mkdirSync(content);
    await steps.unpack(archive, content);
    await steps.check(content);
    if (!existsSync(target)) renameSync(content, target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Streams a file to disk; gives its SHA-256. */
async function fetchTo(path, url, { connectMs, stallMs, mostBytes }, signal) {
  const watchdog = new AbortController();
  let timer;
  const alive = (forMs, what) => {
    clearTimeout(timer);
    timer = setTimeout(() => watchdog.abort(new Error(`${what} for ${forMs / 1000} s`)), forMs);
  };
  const limit = AbortSignal.any([watchdog.signal, ...(signal === undefined ? [] : [signal])]);
  const hash = createHash('sha256');
  let sizeBytes = 0;
  try {
    alive(connectMs, 'no answer');
    const response = await fetch(url, { signal: limit });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const measured = async function* (source) {
      for await (const chunk of source) {
        alive(stallMs, 'nothing more came');
        sizeBytes += chunk.length;
        if (sizeBytes > mostBytes) throw new Error(`more than ${mostBytes} bytes`);
        hash.update(chunk);
        yield chunk;
      }
    };
    alive(stallMs, 'nothing more came');
    await pipeline(Readable.fromWeb(response.body), measured, createWriteStream(path), { signal: limit });
    return hash.digest('hex');
  } catch (failure) {
    const reason = watchdog.signal.aborted ? watchdog.signal.reason : (failure.cause ?? failure);
    throw new Error(`${url}: ${reason.message}`, { cause: failure });
  } finally {
    clearTimeout(timer);
    // Closes the connection where not everything was read: it would keep the program alive.
    watchdog.abort();
  }
}
