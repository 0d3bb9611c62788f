import { openApiDocument } from '../adapters/control';
import { cliPage } from './cli-page';
import { configPage } from './config-page';
import { controlApiPage } from './control-api-page';
import { errorsPage } from './errors-page';
import { metricsPage } from './metrics-page';
import { statesPage } from './states-page';

/** The generated pages by their path from the top of the project. */
export const generatedPages = (): ReadonlyMap<string, string> =>
  new Map([
    ['agent/docs/reference/cli.md', cliPage()],
    ['agent/docs/reference/config.md', configPage()],
    ['agent/docs/reference/control-api.md', controlApiPage()],
    ['agent/docs/reference/errors.md', errorsPage()],
    ['agent/docs/reference/metrics.md', metricsPage()],
    ['agent/docs/reference/openapi.json', `${JSON.stringify(openApiDocument(), null, 2)}\n`],
    ['agent/docs/reference/states.md', statesPage()],
  ]);
