/**
 * The daemons' environment: without the user's proxies, which the sandbox's addresses are not behind, and without
 * settings for another engine.
 */
export const DAEMON_ENVIRONMENT: Readonly<Record<string, undefined>> = Object.fromEntries(
  [
    'http_proxy',
    'https_proxy',
    'no_proxy',
    'all_proxy',
    'docker_host',
    'docker_config',
    'docker_tmpdir',
    'notify_socket',
  ]
    .flatMap((name) => [name, name.toUpperCase()])
    .map((name) => [name, undefined]),
);
