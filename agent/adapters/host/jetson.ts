import type { Machine } from './machine';

/** Where NVIDIA's kernels for Jetson put the GPU: TX1 and Nano, Xavier, Orin, from L4T 28 to 36. */
const FOLDERS = ['/sys/devices', '/sys/devices/platform', '/sys/devices/platform/bus@0'];
const GPU = /^(?:gpu\.\d+|[0-9a-f]+\.(?:gpu|gm20b|gp10b|gv11b|ga10b))$/;

/** How busy each GPU is in thousandths; empty: this is no Jetson. */
export async function readJetsonLoads(machine: Machine): Promise<readonly number[]> {
  for (const folder of FOLDERS) {
    const names = (await machine.list(folder)).filter((name) => GPU.test(name)).sort();
    const texts = await Promise.all(names.map((name) => machine.readText(`${folder}/${name}/load`)));
    // `gpu.0` is often a link to the numbered one beside it.
    const loads = texts.map((text) => Number((text ?? '').trim() || Number.NaN)).filter(Number.isFinite);
    if (loads.length > 0) return loads.slice(0, 1);
  }
  return [];
}

/** The L4T release, e.g. `32.6.1`; empty where there is none. */
export async function readL4tRelease(machine: Machine): Promise<string> {
  const text = (await machine.readText('/etc/nv_tegra_release')) ?? '';
  const found = /^#\s*R(\d+)\s*\(release\),\s*REVISION:\s*([\d.]+)/m.exec(text);
  return found === null ? '' : `${found[1] ?? ''}.${found[2] ?? ''}`;
}
