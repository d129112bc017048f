"""/monitor, the weekly digest and alerts: where the loop drifts."""
