import { request } from 'undici';

/** Sends so many requests one after the other (closed loop) and gives each one's time in milliseconds. */
export async function timeEach(
  url: string,
  headers: Readonly<Record<string, string>>,
  count: number,
): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const startedMs = performance.now();
    const { statusCode, body } = await request(url, {
      headers,
    });
    await body.dump();
    if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}`);
    times.push(performance.now() - startedMs);
  }
  return times;
}
