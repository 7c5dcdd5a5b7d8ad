"""Who may profit from a campaign, judged against an actor file that the user gives."""
