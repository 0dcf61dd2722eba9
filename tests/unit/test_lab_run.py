"""What a run says of itself to those who find its journal."""

import pytest

from harness.lab.run import run_url

GITHUB = {
    "GITHUB_SERVER_URL": "https://git.example",
    "GITHUB_REPOSITORY": "lab/hil",
    "GITHUB_RUN_ID": "17",
}


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({}, ""),
        ({"CI_JOB_URL": "https://gl.example/-/jobs/1"}, "https://gl.example/-/jobs/1"),
        ({"BUILD_URL": "http://jenkins:8080/job/hil/7/"}, "http://jenkins:8080/job/hil/7/"),
        (GITHUB, "https://git.example/lab/hil/actions/runs/17"),
        ({**GITHUB, "GITHUB_RUN_ID": ""}, ""),
        ({"BUILD_URL": "http://jenkins/\x1b[31m"}, ""),
        ({"BUILD_URL": "javascript:alert(1)"}, ""),
    ],
)
def test_the_job_of_a_run_is_named_where_there_is_one(environment, url):
    """GitLab's, Jenkins', GitHub's; what isn't a URL isn't taken for one."""
    assert run_url(environment) == url
