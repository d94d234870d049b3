// How PM2 runs the supervisor: `npx pm2 start ecosystem.config.cjs`.
module.exports = {
  apps: [
    {
      name: 'streamer',
      script: './dist/cli.js',
      args: 'run --config config.json',
      cwd: __dirname,
      // Cluster mode would run two supervisors on one output folder; the second one refuses to start.
      exec_mode: 'fork',
      instances: 1,
      // PM2's own probe would end the supervisor together with PM2's daemon. Our figures need no probe.
      pmx: false,
      // `pm2 start` waits until each topic is connected, or has failed once.
      wait_ready: true,
      listen_timeout: 15_000,
      // The captures have 8 s to write what they hold. What is left after this is killed, with its children.
      kill_timeout: 15_000,
      treekill: true,
      // A mistake in the configuration does not go away by starting again (PM2 lists it as `waiting restart` all
      // the same). Everything else may, such as a disk that is not mounted yet: it is tried for ever.
      stop_exit_codes: [64, 78],
      exp_backoff_restart_delay: 1_000,
    },
  ],
};
