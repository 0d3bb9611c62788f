import { blosm } from '../clusters';
import { preloadImage, registryAddress, type Sandbox } from '../sandbox';
import { publishService, SAMPLE_SERVICES, serviceFilePath } from '../services';

/**
 * Builds the sample services' images (or takes them from the cache), puts them into the private registry, registers
 * the services as the first cluster's operator, and lets every engine hold their images as if pulled the night before:
 * the paper's clusters too had the base and application images.
 */
export async function publishSampleServices(
  { plan }: Pick<Sandbox, 'plan'>,
  onStep: (step: string) => void = () => undefined,
): Promise<void> {
  const operator = plan.clusters[0];
  if (operator === undefined) return;
  for (const service of SAMPLE_SERVICES) {
    onStep(`service ${service}`);
    const { image } = await publishService(service, { registry: registryAddress(plan) });
    await Promise.all(plan.clusters.map((cluster) => preloadImage(plan, cluster, image)));
    await blosm(operator, ['service', 'register', '-f', serviceFilePath(service)]);
  }
}
