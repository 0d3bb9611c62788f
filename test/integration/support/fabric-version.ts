import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../../network/package-root';

/** Why the gateway service cannot be tested with the Fabric that is found here; undefined: it can. */
export function gatewayUnavailable(): string | undefined {
  const version = fabricVersion();
  return hasGatewayService(version) ? undefined : `Fabric ${version} has no gateway service, 2.4 and later have`;
}

/** True from 2.4 on. */
export function hasGatewayService(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 2 || (major === 2 && minor >= 4);
}

/** Read while the tests are described, before any network is up. */
export function fabricVersion(): string {
  const script = join(packageRoot(), 'network', 'fabric', 'binaries', 'resolve.mjs');
  const { version } = JSON.parse(execFileSync(process.execPath, [script], { encoding: 'utf8' })) as { version: string };
  return version;
}
