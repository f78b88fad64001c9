package cli

import (
	"errors"

	"github.com/spf13/cobra"
)

func (a *app) completionCommand() *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion bash | zsh | fish | powershell",
		Short: "Print the completion script for a shell",
		Long: `Completion prints a script that makes a shell complete sill: commands, flags,
names of blueprints and modules, questions and their choices.

Load it in every shell that starts: bash from ~/.bashrc (with the package
bash-completion), zsh from ~/.zshrc after compinit, fish from
~/.config/fish/config.fish, PowerShell from its profile.`,
		Example: `  source <(sill completion bash)
  source <(sill completion zsh)
  sill completion fish | source
  sill completion powershell | Out-String | Invoke-Expression`,
		ValidArgs: shells,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return errors.New("completion takes the name of one shell")
			}
			return cobra.OnlyValidArgs(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(a.streams.Out, true)
			case "zsh":
				return root.GenZshCompletion(a.streams.Out)
			case "fish":
				return root.GenFishCompletion(a.streams.Out, true)
			default:
				return root.GenPowerShellCompletionWithDesc(a.streams.Out)
			}
		},
	}
}
